/*
 * What a script adds to the Prompt's pages: every one of them is complete without it. Sent with its types taken out, as a
 * classic deferred script, so there is nothing to import and nothing to export here.
 */
{
  const root = document.documentElement

  /** Letters of a code that people paste with it: spaces, dashes, and full-width digits of some keyboards. */
  const bare = (text: string) => text.normalize('NFKC').replace(/[\s-]/g, '')

  // Six digits are a whole code: no need to look for the button. Only when they were added to, never when taken away from.
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-submit-at-six]')) {
    const input = form.querySelector<HTMLInputElement>('[data-code]')
    let before = ''
    input?.addEventListener('input', () => {
      const code = bare(input.value)
      if (/^\d{6}$/.test(code) && code.length > before.length) {
        input.value = code
        form.requestSubmit()
      }
      before = code
    })
  }

  // A form goes once: a second click would spend a second attempt.
  for (const form of document.forms) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.busy === undefined) form.dataset.busy = ''
      else event.preventDefault()
    })
  }
  window.addEventListener('pageshow', () => {
    for (const form of document.forms) delete form.dataset.busy
  })

  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-reveal]')) {
    const input = document.getElementById(button.dataset.reveal ?? '') as HTMLInputElement | null
    const label = button.querySelector<HTMLElement>('[data-show]')
    if (!input || !label) continue
    const set = (isShown: boolean) => {
      input.type = isShown ? 'text' : 'password'
      input.toggleAttribute('data-revealed', isShown)
      label.textContent = (isShown ? label.dataset.hide : label.dataset.show) ?? ''
    }
    button.addEventListener('click', () => set(input.type === 'password'))
    // Browsers remember what was typed into a text field; a password must not leave the page as one.
    input.form?.addEventListener('submit', () => set(false))
  }

  /** The old way needs no secure context, so it also works where a trial runs over plain http. */
  const copyBySelection = (text: string) => {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'unseen'
    document.body.append(area)
    area.select()
    const isCopied = document.execCommand('copy')
    area.remove()
    return isCopied
  }

  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      return copyBySelection(text)
    }
  }

  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
    const { copy: from = '', done = '', failed = '' } = button.dataset
    const label = button.textContent
    button.setAttribute('aria-live', 'polite')
    button.addEventListener('click', async () => {
      const isCopied = await copy(document.getElementById(from)?.dataset.text ?? '')
      button.focus()
      button.textContent = isCopied ? done : failed
      setTimeout(() => {
        button.textContent = label
      }, 2000)
    })
  }

  for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => window.print())

  // A caught call is heard as well as read, where the browser has a voice.
  for (const button of document.querySelectorAll<HTMLElement>('[data-speak]')) {
    button.addEventListener('click', () => {
      speechSynthesis.cancel()
      speechSynthesis.speak(new SpeechSynthesisUtterance(button.dataset.speak))
    })
  }

  /*
   * A page that waits for a phone asks by itself, one question after the other, and goes on as soon as the answer is another one. What
   * the button would have sent is asked through the API, which answers with the same steps.
   */
  const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const isPush = document.querySelector('[data-push]') !== null
  const isStillWaiting = (step: { duo?: { push?: { state: string }; activation?: { state: string } } }) =>
    (step.duo?.push ?? step.duo?.activation)?.state === 'waiting' && (step.duo?.push === undefined) === !isPush
  const waiting = document.querySelector<HTMLFormElement>('form[data-waits]')
  const waitFor = async (form: HTMLFormElement) => {
    const csrf = form.querySelector<HTMLInputElement>('[name="csrf"]')?.value ?? ''
    const until = Date.now() + (Number(form.dataset.waits) + 20) * 1000
    while (Date.now() < until) {
      await pause(document.hidden ? 3 : 1)
      // The button was pressed: it asks in its own way.
      if (form.dataset.busy !== undefined) return
      try {
        const reply = await fetch('/api/v1/sign-ins/current/answers', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
          body: '{"check":"duo"}',
        })
        const step = await reply.json()
        if (form.dataset.busy !== undefined) return
        if (reply.ok && step.step === 'done') {
          const mark = step.intent === 'enter' ? '' : `${step.returnTo.includes('?') ? '&' : '?'}done=${step.intent}`
          return location.assign(`${step.returnTo}${mark}`)
        }
        if (reply.ok && isStillWaiting(step)) continue
        if (reply.ok || ![424, 429, 503].includes(reply.status)) return location.assign('/sign-in')
      } catch {
        // No network for a moment: the next question may get through.
      }
      await pause(3)
    }
  }
  if (waiting) void waitFor(waiting)

  root.dataset.scripted = ''
}
