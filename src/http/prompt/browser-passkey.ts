/*
 * Passkeys on the Prompt's pages. There is nothing of it without a script: the page says so, and has the other ways. Sent like
 * `browser.ts`, and only to pages that have such a form.
 */
{
  type Described = { id: string }
  type Options = {
    challenge: string
    user?: { id: string }
    excludeCredentials?: Described[]
    allowCredentials?: Described[]
  }

  const bytes = (text: string) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0))
  const text = (buffer: ArrayBuffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=+$/, '')

  /** What `parse…OptionsFromJSON` does, for browsers that have no such thing yet. */
  const parsed = ({ challenge, user, excludeCredentials, allowCredentials, ...rest }: Options) => {
    const all = (list: Described[] | undefined) => list?.map((one) => ({ ...one, id: bytes(one.id) }))
    return {
      ...rest,
      challenge: bytes(challenge),
      ...(user ? { user: { ...user, id: bytes(user.id) } } : {}),
      ...(excludeCredentials ? { excludeCredentials: all(excludeCredentials) } : {}),
      ...(allowCredentials ? { allowCredentials: all(allowCredentials) } : {}),
    }
  }

  /** What `toJSON` does, as far as the server looks at it. */
  const written = (made: PublicKeyCredential) => {
    const { clientDataJSON, ...rest } = {
      clientDataJSON: made.response.clientDataJSON,
      attestationObject: (made.response as AuthenticatorAttestationResponse).attestationObject,
      authenticatorData: (made.response as AuthenticatorAssertionResponse).authenticatorData,
      signature: (made.response as AuthenticatorAssertionResponse).signature,
      userHandle: (made.response as AuthenticatorAssertionResponse).userHandle,
    }
    const response: Record<string, string | string[]> = { clientDataJSON: text(clientDataJSON) }
    for (const [name, value] of Object.entries(rest)) if (value) response[name] = text(value)
    const transports = (made.response as Partial<AuthenticatorAttestationResponse>).getTransports?.()
    if (transports) response.transports = transports
    return { id: made.id, rawId: made.id, type: made.type, response }
  }

  /** What waits for somebody to choose a passkey where the browser fills in the email. Browsers take one request at a time. */
  const filling = new AbortController()
  /** Shorter than what is to be signed is good. */
  const fillingMilliseconds = 290_000

  const run = async (form: HTMLFormElement, rest: CredentialRequestOptions = {}) => {
    const options = JSON.parse(form.dataset.options ?? '{}') as Options
    const publicKey = parsed(options) as never
    const made = await (form.dataset.passkey === 'create'
      ? navigator.credentials.create({ publicKey })
      : navigator.credentials.get({ ...rest, publicKey }))
    if (!(made instanceof PublicKeyCredential)) throw new Error('nothing')
    const input = form.querySelector<HTMLInputElement>('input[name=passkey]')
    if (input) input.value = JSON.stringify(written(made))
    form.submit()
  }

  const fill = async (form: HTMLFormElement) => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    const { signal } = filling
    setTimeout(() => filling.abort(), fillingMilliseconds)
    await run(form, { mediation: 'conditional', signal })
  }

  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
    const note = form.querySelector<HTMLElement>('[data-say]')
    const button = form.querySelector<HTMLButtonElement>('button')
    const say = (what: 'waiting' | 'cancelled' | 'known' | 'unsupported') => {
      if (note) note.textContent = note.dataset[what] ?? ''
      note?.toggleAttribute('data-trouble', what !== 'waiting')
    }
    if (!('credentials' in navigator) || typeof PublicKeyCredential === 'undefined') {
      say('unsupported')
      if (button) button.disabled = true
    } else if (form.dataset.fills !== undefined) fill(form).catch(() => {})
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      // A form that was cancelled can be sent again, unlike those that went.
      if (form.dataset.asking !== undefined) return
      form.dataset.asking = ''
      filling.abort()
      say('waiting')
      run(form).catch((error: Error) => {
        delete form.dataset.asking
        delete form.dataset.busy
        say(error.name === 'InvalidStateError' ? 'known' : 'cancelled')
        button?.focus()
      })
    })
  }
}
