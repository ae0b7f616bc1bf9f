"""What pip is told, what is pinned, and what the code imports are the same packages."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(name: str) -> dict[str, Requirement]:
    """The requirements of a file, by package."""
    lines = (
        line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
    )
    found = [Requirement(line) for line in lines if line]
    return {requirement.name: requirement for requirement in found}


def bounds(lines: list[str]) -> dict[str, Requirement]:
    return {requirement.name: requirement for requirement in map(Requirement, lines)}


def the_version(requirement: Requirement, operator: str) -> Version:
    """The version of a requirement's one specifier, which must have this operator."""
    (specifier,) = requirement.specifier
    assert specifier.operator == operator, requirement
    return Version(specifier.version)


def test_pip_is_told_what_is_pinned() -> None:
    told, pinned = bounds(PROJECT["project"]["dependencies"]), pins("requirements.txt")
    assert set(told) == set(pinned)
    for name, requirement in told.items():
        assert str(requirement.marker) == str(pinned[name].marker), name
        assert the_version(requirement, ">=") <= the_version(pinned[name], "=="), name


@pytest.mark.parametrize("extra", sorted(PROJECT["project"]["optional-dependencies"]))
def test_extras_are_tested_as_they_are_pinned(extra: str) -> None:
    pinned = pins("requirements-dev.txt")
    for name, requirement in bounds(PROJECT["project"]["optional-dependencies"][extra]).items():
        assert the_version(requirement, ">=") <= the_version(pinned[name], "=="), name
        assert name not in pins("requirements.txt"), f"{name} is not an extra"


def test_torch_is_named_once_more_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {Version(version) for version in re.findall(r"torch==([\d.]+)", makefile)}
    assert named == {the_version(pins("requirements.txt")["torch"], "==")}


def test_uv_takes_torch_for_the_processor() -> None:
    assert PROJECT["tool"]["uv"]["pip"] == {"torch-backend": "cpu"}
