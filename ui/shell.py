"""HTML of the page's frame: the head with its buttons, help, and what heads a side on a phone."""

from __future__ import annotations

from ui.markup import inert

_SHORTCUTS = (
    (("Enter",), "send the question; Shift and Enter for a new line"),
    (("Esc",), "stop the answer; close what lies over the page"),
    (("/",), "go to the question"),
    (("n",), "new conversation"),
    (("[",), "fold the conversations and sources away, or bring them back"),
    (("]",), "the same for the evidence"),
    (("?",), "this list"),
)

_ICONS = {
    "left": '<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><path d="M9.5 4.5v15"/>',
    "right": '<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><path d="M14.5 4.5v15"/>',
    "settings": '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/>'
    '<circle cx="8" cy="17" r="2"/>',
    "system": '<circle cx="12" cy="12" r="8"/>'
    '<path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor" stroke="none"/>',
    "light": '<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2'
    'M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"/>',
    "dark": '<path d="M19.5 14A8 8 0 0 1 10 4.5a8 8 0 1 0 9.5 9.5z"/>',
    "help": '<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2 '
    '.9-1.2 1.8M12 16.6v.1"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "more": '<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="2.6"/>',
}


def icon(name: str, extra: str = "") -> str:
    """A sign drawn in the colour of the text around it; screen readers pass over it."""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true" {extra}>{_ICONS[name]}</svg>'


def head(title: str) -> str:
    """The head of the page, the list of shortcuts, and the shade behind a side on a phone."""
    themes = "".join(icon(name, f'data-shown="{name}"') for name in ("system", "light", "dark"))
    return (
        '<a class="sb-skip" href="#sb-box">Skip to the question</a>'
        '<div class="sb-bar" role="banner">'
        f"{_fold('left', 'Library', 'conversations and sources')}"
        f"<h1>{inert(title)}</h1>"
        '<button type="button" id="sb-show-settings" class="sb-icon" title="Settings" '
        'aria-label="Settings" aria-haspopup="dialog" aria-expanded="false" '
        f'popovertarget="sb-settings">{icon("settings")}</button>'
        f'<button type="button" id="sb-theme" class="sb-icon" aria-label="Colours">{themes}</button>'
        '<button type="button" id="sb-show-help" class="sb-icon" title="Shortcuts" '
        f'aria-label="Shortcuts" aria-haspopup="dialog">{icon("help")}</button>'
        f"{_fold('right', 'Evidence', 'quotes and documents')}"
        f'</div>{_help()}<div id="sb-shade"></div>'
    )


def side_head(side: str, title: str) -> str:
    """What stands at the top of a side that lies over the page, with the button that closes it."""
    return (
        f'<div class="sb-side-head"><h2>{title}</h2>'
        f'<button type="button" class="sb-icon sb-side-close" data-sb-close="{side}" '
        f'aria-label="Close {title.lower()}">{icon("close")}</button></div>'
    )


def _fold(side: str, words: str, what: str) -> str:
    return (
        f'<button type="button" id="sb-fold-{side}" class="sb-icon sb-fold" aria-controls="sb-{side}" '
        f'aria-expanded="true" aria-label="{words}: {what}" title="{words}: {what}">'
        f"{icon(side)}<span>{words}</span></button>"
    )


def _help() -> str:
    rows = "".join(
        f"<dt>{' '.join(f'<kbd>{inert(key)}</kbd>' for key in keys)}</dt><dd>{what}</dd>"
        for keys, what in _SHORTCUTS
    )
    return (
        '<dialog id="sb-help" class="sb-dialog" aria-labelledby="sb-help-title">'
        f'<h2 id="sb-help-title">Shortcuts</h2><dl class="sb-keys">{rows}</dl>'
        '<div class="sb-actions"><button type="button" class="sb-button" data-closes="dialog">'
        "Close</button></div></dialog>"
    )
