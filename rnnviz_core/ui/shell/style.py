"""The few rules that Streamlit's theme has no setting for."""

from rnnviz_core.ui import streamlit_private

# Colours are mixed from the text's own colour, so that the same rules serve light and dark.
STYLE = (
    f"<style>{streamlit_private.STYLE}"
    + """
.vega-bind, .vega-bind label { display: flex; align-items: center; gap: 0.6rem; }
.vega-bind label { flex: 1 1 auto; min-width: 0; flex-wrap: nowrap !important; }
.vega-bindings input[type=range] { flex: 0 1 28rem; width: 28rem !important; min-width: 4rem; }
.rv-head { font-size: 0.95rem; line-height: 1.5; }
.rv-top { display: flex; align-items: center; gap: 0.6rem; }
.rv-top .rv-copy { margin-left: auto; }
.rv-line { margin: 0; opacity: 0.85; font-size: 0.9rem; line-height: 1.3; text-wrap: balance; }
.st-key-head h1 { font-size: 1.6rem; padding: 0; }
.st-key-head-top { flex-wrap: nowrap; }
.st-key-head-top:has(.st-key-start) .rv-line { display: none; }
.st-key-head-top > .st-key-start { order: 1; }
.st-key-head-top:has(.st-key-start) > [class*="st-key-tools-"] { order: 2; }
[class*="st-key-tools-"] { flex: 0 0 auto; width: auto; }
[class*="st-key-tools-"] button, .rv-top .rv-copy { min-height: 2.1rem;
  padding: 0.1rem 0.6rem; font-size: 0.875rem; }
:is([class*="st-key-choice-page-text"], [class*="st-key-choice-text"]) textarea {
  field-sizing: content; height: auto !important; min-height: 2.6rem; max-height: 11rem; }
.rv-row { display: flex; flex-wrap: wrap; gap: 0.35rem 0.3rem; align-items: baseline; margin: 0.35rem 0; }
.rv-key { flex: 0 0 4.6rem; font-size: 0.85rem; opacity: 0.8; }
.rv-value { display: flex; flex-wrap: wrap; gap: 0.3rem 0.6rem; align-items: baseline; flex: 1 1 12rem; }
.rv-chips { gap: 0.3rem 0.35rem; }
.rv-more { display: inline-flex; gap: 0.35rem; align-items: center; padding: 0 0.5rem; cursor: pointer;
  font-size: 0.85rem; }
.rv-more-narrow, .rv-chips:not(:has(:checked)) .rv-middle { display: none; }
.rv-facts { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; align-items: baseline; }
.rv-facts { margin-top: 0.4rem; }
.rv-facts .rv-row { margin: 0; }
.rv-facts .rv-key { flex: none; margin-right: 0.4rem; }
.rv-facts .rv-value { flex: none; max-width: 100%; }
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
.rv-fold { display: inline-block; position: relative; margin-left: 0.6rem; font-size: 0.85rem; }
.rv-fold summary { padding: 0.02rem 0.55rem; border-radius: 1rem; list-style: none; cursor: pointer;
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
.rv-badge summary { border-color: color-mix(in srgb, #009E73 70%, currentColor 30%); }
.rv-fold summary::-webkit-details-marker { display: none; }
.rv-badge b { color: color-mix(in srgb, #009E73 65%, currentColor 35%); }
.rv-fold p { position: absolute; z-index: 10; top: 100%; right: 0; width: max-content; max-width: 18rem;
  margin: 0.3rem 0 0; padding: 0.5rem 0.7rem; border-radius: 0.5rem; background: Canvas; color: CanvasText;
  border: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
.rv-strip { display: flex; flex-wrap: wrap; gap: 0.3rem; align-items: baseline; margin: 0.1rem 0;
  font-size: 0.875rem; }
.rv-strip .rv-chip { background: color-mix(in srgb, #2E86C1 calc(var(--share) * 45%), transparent); }
.st-key-start-answer { padding: 0.5rem 0.9rem; }
.rv-progress { height: 4px; border-radius: 2px;
  background: color-mix(in srgb, currentColor 14%, transparent); }
.st-key-lesson-body h3 { font-size: 1.3rem; padding: 0.3rem 0 0.9rem; }
.rv-progress i { display: block; height: 100%; border-radius: 2px; background: #2E86C1; }
.rv-code { font: 700 5.5rem/1.1 "Source Code Pro", monospace; letter-spacing: 0.12em; margin: 0; }
.rv-code-small { font: 700 1.15rem/1.4 "Source Code Pro", monospace; letter-spacing: 0.1em; padding: 0 0.5rem;
  border-radius: 0.4rem; background: color-mix(in srgb, currentColor 10%, transparent); }
.rv-way-in { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; align-items: center; }
.rv-way-in p { margin: 0; font-size: 1.5rem; overflow-wrap: anywhere; }
.rv-way-in .rv-code { font-size: clamp(3rem, 11vw, 8rem); }
.rv-qr { width: min(52vh, 80vw); height: auto; image-rendering: pixelated; border-radius: 0.5rem; }
.rv-here { margin: 0; font-variant-numeric: tabular-nums; }
.rv-count { font-size: 1.6rem; line-height: 1; }
.rv-wall { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 0.6rem; }
.rv-wall p { margin: 0; padding: 0.5rem 0.8rem; border-radius: 0.5rem; overflow-wrap: anywhere;
  background: color-mix(in srgb, currentColor 8%, transparent); }
.rv-terms { columns: 17rem 3; column-gap: 2rem; font-size: 0.85rem; }
.rv-terms > span { display: grid; grid-template-columns: 1fr auto 3.6rem; gap: 0.6rem;
  break-inside: avoid; font-variant-numeric: tabular-nums;
  border-bottom: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.rv-terms b { text-align: right; }
/* Our own button, as Streamlit's look */
.rv-button { display: inline-flex; align-items: center; gap: 0.4rem; min-height: 2.5rem;
  padding: 0.25rem 0.75rem;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: 0.5rem; color: inherit;
  background: transparent; font: inherit; white-space: nowrap; cursor: pointer; }
.rv-button:hover { border-color: currentColor; }
.rv-button:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
.rv-known p { max-width: 30rem; }
@media (max-width: 1500px) {
  .rv-known summary span { display: none; }
  .st-key-head-top:has(.st-key-start) .rv-copy span:last-child { position: absolute;
    width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
}
/* What happened: lines to click, close to the picture that they speak of */
[class*="st-key-told-lines"][class*="st-key-told-lines"] { position: relative; gap: 0;
  margin: -0.7rem 0 -0.8rem; padding-right: 5.5rem; }
[class*="st-key-told-lines"] :is(button, button p) { text-align: left; font-size: 0.9rem; line-height: 1.3; }
[class*="st-key-told-lines"] button { justify-content: flex-start; align-items: flex-start;
  min-height: 0; padding: 0.08rem 0;
  white-space: normal; }
.st-key-told-more {
  position: absolute; right: 0; top: 0; width: auto; }
.st-key-told-all { gap: 0.3rem; }
.st-key-told-all :is(button, button p) { text-align: left; font-size: 0.9rem; line-height: 1.3; }
.st-key-told-all button { justify-content: flex-start; min-height: 0; white-space: normal; }
@media (max-height: 850px) {
  .st-key-told-2, .st-key-told-lines-tight > .st-key-told-1 { display: none; }
}
.rv-icon { font: 1.1rem/1 "Material Symbols Rounded"; }
.rv-copy .rv-icon::before { content: "link"; }
.rv-copy[data-copied] .rv-icon::before { content: "check"; }
/* Read out, not seen: what a script says */
.rv-said { position: absolute;
  width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 640px) {
  .st-key-told-1, .st-key-told-2 { display: none; }
  [class*="st-key-told-lines"][class*="st-key-told-lines"] {
    margin: -0.9rem 0 -0.55rem; padding-right: 4.6rem; }
  [class*="st-key-told-lines"] :is(button, button p) { font-size: 0.85rem; }
  .st-key-told-lines button p, .st-key-told-lines-tight button p { display: -webkit-box; overflow: hidden;
    -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
  .rv-line { display: none; }
  .st-key-head-top { justify-content: space-between; flex-wrap: wrap; }
  .rv-copy span:last-child { position: absolute;
    width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .rv-facts :is(.rv-row, .rv-value) { display: inline; }
  .rv-facts .rv-value > * { margin-right: 0.4rem; }
  .rv-fold:is([open]) { display: block; margin: 0.2rem 0; }
  .rv-fold:is([open]) summary { display: inline-block; }
  .rv-network { min-width: 0; }
  .rv-network .rv-score { display: none; }
  .rv-fold p { position: static; width: auto; max-width: 100%; }
  .rv-answer { font-size: 1.05rem; }
  .rv-bar { width: 4.5rem; }
  .rv-fold summary span { position: absolute;
    width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .rv-more-narrow { display: inline-flex; }
  .rv-chips:not(:has(:checked)) .rv-middle-narrow { display: none; }
}
</style>
"""
).strip()


def install() -> None:
    """Bring the rules to the browser."""
    streamlit_private.draw_html(STYLE, rules=True)
