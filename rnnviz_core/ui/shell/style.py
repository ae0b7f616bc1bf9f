"""The few rules that Streamlit's theme has no setting for."""

import streamlit as st

from rnnviz_core.ui import streamlit_private

# Colours are mixed from the text's own colour, so that the same rules serve light and dark.
STYLE = (
    f"<style>{streamlit_private.STYLE}"
    + """
.vega-bind, .vega-bind label { display: flex; align-items: center; gap: 0.6rem; }
.vega-bind label { flex: 1 1 auto; min-width: 0; flex-wrap: nowrap !important; }
.vega-bindings input[type=range] { flex: 0 1 28rem; width: 28rem !important; min-width: 4rem; }
.rv-head { font-size: 0.95rem; line-height: 1.5; }
.rv-line { margin: 0 0 0.75rem 0; opacity: 0.85; }
.rv-row { display: flex; flex-wrap: wrap; gap: 0.35rem 0.3rem; align-items: baseline; margin: 0.35rem 0; }
.rv-key { flex: 0 0 4.6rem; font-size: 0.85rem; opacity: 0.8; }
.rv-value { display: flex; flex-wrap: wrap; gap: 0.3rem 0.6rem; align-items: baseline; flex: 1 1 12rem; }
.rv-chips { gap: 0.3rem 0.35rem; max-height: 9rem; overflow-y: auto; }
.rv-word { display: inline-flex; }
.rv-chip { padding: 0.08rem 0.5rem; background: color-mix(in srgb, currentColor 10%, transparent);
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: 0.4rem;
  white-space: pre; }
.rv-word .rv-chip:not(:last-child) { border-top-right-radius: 0; border-bottom-right-radius: 0; }
.rv-word .rv-chip:not(:first-child) { border-top-left-radius: 0; border-bottom-left-radius: 0;
  border-left-style: dashed; margin-left: -1px; }
.rv-unknown { border: 2px dotted currentColor; }
.rv-end { background: transparent; font-style: italic; }
.rv-answer { overflow-wrap: anywhere; font-size: 1.15rem; font-weight: 600; }
.rv-bar { display: inline-block; width: 6rem; height: 0.55rem; border-radius: 0.3rem; overflow: hidden;
  background: color-mix(in srgb, currentColor 18%, transparent); }
.rv-bar i { display: block; height: 100%; }
.rv-doubt { font-size: 0.9rem; border-left: 3px solid #E69F00; padding-left: 0.5rem; margin: 0.35rem 0; }
.rv-badge { padding: 0.08rem 0.55rem; border-radius: 1rem; font-size: 0.85rem;
  border: 1px solid color-mix(in srgb, #009E73 70%, currentColor 30%); }
.rv-badge b { color: color-mix(in srgb, #009E73 65%, currentColor 35%); }
/* Our own button, as Streamlit's look */
.rv-button { display: inline-flex; align-items: center; gap: 0.4rem; min-height: 2.5rem;
  padding: 0.25rem 0.75rem;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: 0.5rem; color: inherit;
  background: transparent; font: inherit; white-space: nowrap; cursor: pointer; }
.rv-button:hover { border-color: currentColor; }
.rv-button:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
.rv-icon { font: 1.1rem/1 "Material Symbols Rounded"; }
.rv-copy .rv-icon::before { content: "link"; }
.rv-copy[data-copied] .rv-icon::before { content: "check"; }
/* Read out, not seen: what a script says */
.rv-said { position: absolute;
  width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
</style>
"""
)


def install() -> None:
    """Bring the rules to the browser."""
    st.html(STYLE)
