"""What the scripts know of how Streamlit works inside; the app has its own module of this name.

``tests/ui/test_streamlit_private.py`` fails when a new version changes it.
"""

import re

# What a server imports only when it starts: imported before the fork it stands in memory once.
SERVING = (
    "anyio._backends._asyncio",
    "starlette.applications",
    "starlette.middleware.body_limit",
    "starlette.middleware.sessions",
    "starlette.staticfiles",
    "streamlit.watcher.polling_path_watcher",
    "streamlit.web.bootstrap",
    "streamlit.web.server.starlette.starlette_agent_routes",
    "streamlit.web.server.starlette.starlette_server",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "uvloop",
    "websockets.server",
)

# Drawn: the script has ended, nothing is left of the run before, and every chart is there.
_DRAWN = """
    const app = document.querySelector('[data-testid="stApp"]')
    const main = document.querySelector('[data-testid="stMain"]')
    const busy = document.querySelector('[data-testid="stSkeleton"], [data-stale="true"], .stSpinner')
    const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
    const drawn = app?.dataset.testScriptState === 'notRunning' && !busy
        && charts.every(chart => chart.querySelector('canvas, svg.marks')) && main?.innerText.trim()
"""
# Settled: drawn, and nothing on the page has changed for 400 ms.
SETTLED = f"""() => {{ {_DRAWN}
    const now = [performance.now(), drawn ? document.body.innerText.length : -1]
    if (!drawn || !window.seen || window.seen[1] !== now[1]) window.seen = now
    return drawn && performance.now() - window.seen[0] > 400
}}"""
# Arrived: drawn, below this heading. It is of a later run than the click, so nobody has to wait and see.
ARRIVED = f"""heading => {{ {_DRAWN}
    return drawn && main.querySelector('h3')?.innerText.trim() === heading
}}"""
# The number of the run that the page shows last, in the state of Streamlit's outermost component.
_RUN = """
    let fiber = document.querySelector('[data-testid="stApp"]')
    fiber = fiber[Object.keys(fiber).find(key => key.startsWith('__reactFiber'))]
    while (!fiber.stateNode?.state?.scriptRunId) fiber = fiber.return
    const run = fiber.stateNode.state.scriptRunId
"""
# What Forward does: the address is another, and the browser's page goes there without being loaded anew.
GO = f"""url => {{ {_RUN}
    window.before = run
    history.pushState({{}}, '', url)
    window.dispatchEvent(new PopStateEvent('popstate'))
}}"""
# Until then the page is that of the address before, and may well stand still.
GONE = f"() => {{ {_RUN} return run !== window.before }}"
# What warns; the ends of these names are put on by a program.
ALERTS = '[data-testid^="stAlertContent"]:is([data-testid$="Warning"], [data-testid$="Error"])'
# Streamlit's own, harmless: on a deep link it looks for the server under the page's path first.
EXPECTED = re.compile(r"/\w+/_stcore/(health|host-config)$")
CHART = '[data-testid="stVegaLiteChart"]'
CHARTS = f"{CHART} :is(canvas, svg.marks)"
MENU_LINK = '[data-testid="stSidebarNavLink"]'

# The Vega view of a chart: Streamlit keeps it in a React ref above the chart's element.
VIEW_OF = """
function viewOf(chart) {
    let fiber = chart[Object.keys(chart).find(key => key.startsWith('__reactFiber'))]
    for (let up = 0; fiber && up < 15; up++, fiber = fiber.return)
        for (let hook = fiber.memoizedState; hook && hook.next !== undefined; hook = hook.next)
            if (hook.memoizedState?.current?.scenegraph) return hook.memoizedState.current
}
"""
