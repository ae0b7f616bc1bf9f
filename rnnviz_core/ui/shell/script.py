"""The page's own JavaScript: what a browser must do itself, because Streamlit has no setting for it.

Enter applies the sentence (Streamlit's text area takes Ctrl+Enter only), and one click copies the page's
address. Both listen on the document, once per tab, so that no rerun and no new widget loses them; without
the script Ctrl+Enter still applies.
"""

from html import escape
from urllib.parse import urlencode

from rnnviz_core.languages import _, language
from rnnviz_core.ui import streamlit_private

SCRIPT = """<script>
if (!window.rnnviz) {
  window.rnnviz = true
  document.documentElement.classList.add('rv-keys')
  const box = target => target.closest?.(
    ':is([class*="st-key-choice-page-text"], [class*="st-key-choice-text"]) textarea')
  document.addEventListener('focusin', event => {
    if (box(event.target)) event.target.enterKeyHint = 'go'  // the word on a phone's Enter key
  })
  document.addEventListener('keydown', event => {
    const {key, shiftKey, ctrlKey, metaKey, altKey, isComposing, keyCode} = event
    if (key !== 'Enter' || shiftKey || ctrlKey || metaKey || altKey || !box(event.target)) return
    if (isComposing || keyCode === 229) return  // Enter ends a word that is being put together
    event.preventDefault()
    event.stopImmediatePropagation()
    const keys = {key, code: 'Enter', keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true}
    event.target.dispatchEvent(new KeyboardEvent('keydown', keys))
  }, {capture: true})

  // The keys of a presenter's remote: a class's or a lesson's steps, else the player's.
  const remote = {PageDown: ['class-chevron_right', 'lesson-next', 'player-chevron_right'],
    PageUp: ['class-chevron_left', 'lesson-back', 'player-chevron_left']}
  document.addEventListener('keydown', event => {
    const steps = remote[event.key]
    if (!steps || !document.querySelector('.rv-projector')) return
    const named = one => document.querySelector(`.st-key-${one} button:not(:disabled)`)
    const button = steps.map(named).find(Boolean)
    if (!button) return  // no steps here: the page scrolls
    event.preventDefault()
    button.click()
  })

  const address = button => {
    const found = new URL(location.href)
    const shown = new URLSearchParams(button.dataset.shown)
    for (const [name, value] of shown) found.searchParams.set(name, value)
    for (const name of ['key', 'me']) found.searchParams.delete(name)  // of a class: nobody else's business
    return found.href
  }
  const copyOldWay = text => {  // where the page came over plain http, there is no clipboard
    const area = Object.assign(document.createElement('textarea'), {value: text})
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    return copied
  }
  const copy = async text => {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      return copyOldWay(text)
    }
  }
  document.addEventListener('click', async event => {
    const button = event.target.closest?.('.rv-copy')
    if (!button) return
    const text = address(button)
    if (!await copy(text)) return window.prompt(button.dataset.prompt, text)
    button.focus()
    button.dataset.copied = true
    button.nextElementSibling.textContent = button.dataset.done
    clearTimeout(button.later)
    button.later = setTimeout(() => {
      delete button.dataset.copied
      button.nextElementSibling.textContent = ''
    }, 2500)
  })
}
</script>"""


def install() -> None:
    """Bring the script to the browser; it runs once per tab, and again in another language."""
    streamlit_private.draw_html(text(), script=True)


def text() -> str:
    """The script, and in which language the page is: one of our codes, never what somebody typed."""
    return f"{SCRIPT}<script>document.documentElement.lang = '{language()}'</script>"


def copy_link(**shown: str) -> str:
    """A button, as HTML, that copies the address of this view, with what is `shown` spelled out."""
    values = escape(urlencode(shown).replace("~", "%7E"))  # letters, digits, %, + and & are left
    prompt, copied = escape(_("The address of this view:")), escape(_("Link copied"))
    return (
        f'<button type="button" class="rv-button rv-copy" data-shown="{values}" '
        f'data-prompt="{prompt}" data-done="{copied}">'
        '<span class="rv-icon" aria-hidden="true" translate="no"></span>'
        f'<span>{escape(_("Share link"))}</span></button><span class="rv-said" role="status"></span>'
    )
