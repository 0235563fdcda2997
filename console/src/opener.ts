let opener: HTMLElement | undefined

document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement && target.closest('[role="menu"], [role="dialog"]') === null) opener = target
})

/** Puts the focus back where it was before a menu or a dialog took it; the entry that opened a dialog is gone by then. */
export function focusOpener(): void {
  opener?.focus({ preventScroll: true })
}
