"""What a browser is asked about a page: its texts, its edges, and what its charts drew.

Streamlit keeps the Vega view of each chart in a React ref above the chart's element. A view knows every
mark it drew and the row it stands for, whether drawn as SVG or, where marks are many, on a canvas.
"""

from .streamlit_private import VIEW_OF

# Every text on the screen that is smaller than 12 px, with its size.
SMALL = r"""() => [...document.querySelectorAll('body *')].filter(element =>
    [...element.childNodes].some(node => node.nodeType === 3 && /[^\s\u200b]/.test(node.textContent))
    && !element.closest('title, desc, style, script, noscript, option, .katex-mathml')
    && element.checkVisibility({opacityProperty: true, visibilityProperty: true})
    && element.getBoundingClientRect().width > 1
    && parseFloat(getComputedStyle(element).fontSize) < 11.99
).map(element => `${element.textContent.trim().slice(0, 30)}: ${getComputedStyle(element).fontSize}`)"""

_DRAWN = (
    VIEW_OF
    + """
function* itemsOf(mark, x, y) {
    for (const item of mark.items ?? []) {
        yield [mark, item, x, y]
        if (mark.marktype === 'group')
            for (const below of item.items ?? []) yield* itemsOf(below, x + (item.x ?? 0), y + (item.y ?? 0))
    }
}
function drawn() {
    return [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].map(chart => {
        const view = viewOf(chart), [left, top] = view.origin(), around = view.padding()
        const picture = chart.querySelector('canvas, svg.marks').getBoundingClientRect()
        const start = [picture.left + left + around.left, picture.top + top + around.top]
        const items = [...itemsOf(view.scenegraph().root, ...start)]
        const texts = items.filter(([mark, item]) => mark.marktype === 'text'
            && `${item.text ?? ''}`.trim() && item.opacity !== 0 && item.fillOpacity !== 0)
        return {chart, view, picture, items, texts}
    })
}
"""
)


def _ask(body: str) -> str:
    return f"() => {{ {_DRAWN} {body} }}"


WORDS = _ask("return drawn().flatMap(({texts}) => texts.map(([, item]) => `${item.text}`))")
SMALL_IN_CHARTS = _ask("""
    return drawn().flatMap(({texts}) => texts.filter(([, item]) => (item.fontSize ?? 11) < 12)
        .map(([, item]) => `in a chart: ${item.text}: ${item.fontSize} px`))
""")
# What reaches over the right edge: the page as a whole, charts, and the words in them.
CUT_OFF = _ask("""
    const main = document.querySelector('[data-testid="stMain"]'), found = []
    const edge = main.getBoundingClientRect().right, over = main.scrollWidth - main.clientWidth
    if (over > 1) found.push(`the page: ${over} px`)
    for (const {chart, picture, texts} of drawn()) {
        const inside = chart.scrollWidth - chart.clientWidth
        if (chart.getBoundingClientRect().right > edge + 1) found.push('a chart')
        if (inside > 1) found.push(`in a chart: ${inside} px`)
        for (const [, item, x] of texts)
            if (x + item.bounds.x1 < picture.left - 3 || x + item.bounds.x2 > picture.right + 3)
                found.push(`a chart's text: ${item.text}`)
    }
    return found
""")
# Background and commonest text colour of each chart.
COLOURS = _ask("""
    return drawn().map(({view, texts}) => {
        const counts = new Map()
        for (const [, item] of texts) counts.set(item.fill, (counts.get(item.fill) ?? 0) + 1)
        return [view.background(), [...counts].sort((a, b) => b[1] - a[1])[0][0]]
    })
""")
# Every mark that stands for a row: its chart, kind and name, its middle on the screen, and the row.
MARKS = _ask("""
    return drawn().flatMap(({items}, chart) => items.filter(([mark, item]) => item.datum && mark.name)
        .map(([mark, item, x, y]) => [chart, mark.marktype, mark.name,
            x + (item.bounds.x1 + item.bounds.x2) / 2, y + (item.bounds.y1 + item.bounds.y2) / 2,
            Object.fromEntries(Object.entries(item.datum).filter(([, value]) => typeof value !== 'object'))]))
""")
# The domains of each chart's colours and of the numbers on its axes, by the scale's name.
DOMAINS = _ask("""
    const numeric = domain => domain.length && domain.every(value => typeof value === 'number')
    return drawn().map(({view}) => {
        const found = {}
        for (const [name, scale] of Object.entries(view._runtime.scales)) {
            const domain = scale.value?.domain?.()
            if (/fill|color|(^|_)[xy]$/.test(name) && domain && numeric(domain)) found[name] = domain
        }
        return found
    })
""")

TO_THE_TOP = """() => document.querySelector('[data-testid="stMain"]').scrollTo(0, 0)"""
