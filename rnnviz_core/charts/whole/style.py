"""The rules that a layer seen whole is painted by."""

from rnnviz_core.charts import theme
from rnnviz_core.charts.svg import Pair, paint, shades

POSITIVE, NEGATIVE = ("#C4600C", "#F0A052"), ("#2468AC", "#6FB1EC")


def rules(dark: bool | None) -> str:
    """The rules of both parts."""

    def look(pair: Pair) -> str:
        return paint(pair, dark)

    boxes = "".join(
        f".{name}{{fill:{look(fill)}}}.w{name}{{fill:{look(words)}}}" for name, fill, words in shades()
    )
    page, words, muted, grid = map(look, (theme.BACKGROUND, theme.TEXT, theme.MUTED, theme.GRID))
    page = page if dark is not None else f"var(--st-background-color, {page})"
    hidden, cell = theme.STATE_COLOURS["hidden"], theme.STATE_COLOURS["cell"]
    return (
        "text{font-size:12px}.b{font-weight:700}.c{text-anchor:middle}.e{text-anchor:end}"
        f".t{{fill:{words}}}.m{{fill:{muted}}}.khidden{{fill:{look(('#5B43A6', '#A695E4'))}}}"
        f".kcell{{fill:{look(('#6B5326', '#CDAF7C'))}}}.kgate{{fill:{words}}}{boxes}"
        f".band{{fill:{theme.ACCENT};opacity:.1}}.later{{opacity:.3}}"
        f".box{{fill:none;stroke:{theme.OUTLINE}}}.box.on,.sum.on{{stroke:{words};stroke-width:2.5}}"
        f".sum,.gate,.op{{fill:{page};stroke:{theme.OUTLINE}}}.gate{{stroke:none}}.op{{stroke:{cell}}}"
        ".chip{fill:none;stroke-width:1}.chip.on{stroke-width:2.5}"
        f".wire,.run,.rest,.keep{{fill:none}}.wire.far{{opacity:.28}}"
        f".p{{stroke:{look(POSITIVE)}}}.n{{stroke:{look(NEGATIVE)}}}"
        f".rest{{stroke:{theme.OUTLINE};stroke-dasharray:3 3}}"
        f".keep{{opacity:.55}}.keep.cell{{stroke:{cell}}}.keep.hidden{{stroke:{hidden}}}"
        f".pick{{cursor:pointer}}.pick:hover .box,.pick:focus-visible .box{{stroke:{words};stroke-width:2}}"
        ".run{stroke-linecap:round;stroke-dasharray:0 300;visibility:hidden}"
        "@media (prefers-reduced-motion:no-preference){"
        ".go .run{visibility:visible;animation:rv-run .8s ease-in both}"
        ".go .then{animation:rv-come .3s .6s both}.go .last{animation:rv-come .3s .8s both}}"
        "@keyframes rv-run{from{stroke-dasharray:6 300;stroke-dashoffset:6}"
        "99%{stroke-dasharray:6 300;stroke-dashoffset:-100}to{visibility:hidden;stroke-dasharray:0 300}}"
        "@keyframes rv-come{from{opacity:.1}to{opacity:1}}"
        f"svg{{color:{grid}}}"
    )
