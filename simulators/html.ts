import type { Reply } from './server.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
export const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 26rem; margin: 2rem auto; padding: 0 1rem }
button, .button { font: inherit; min-height: 2.75rem; width: 100%; margin: .25rem 0; padding: .5rem 1rem; box-sizing: border-box }
input, select { font: inherit; min-height: 2.75rem; width: 100%; box-sizing: border-box }
label { display: block; margin: .75rem 0 }
section { border: 1px solid; border-radius: .5rem; padding: 1rem; margin: 1rem 0; overflow-wrap: anywhere }
small { opacity: .75 }
h3 { margin: 0; font-size: 1rem }
dl { margin: .5rem 0 0 }
dt { opacity: .75; font-size: .875rem }
dd { margin: 0 0 .25rem }`

/** A page of a simulator. `body` is HTML whose texts are {@link escaped}; `refreshSeconds` lets it load itself again. */
export function page(title: string, body: string, { status = 200, refreshSeconds = 0 } = {}): Reply {
  const refresh = refreshSeconds > 0 ? `<meta http-equiv="refresh" content="${refreshSeconds}">` : ''
  return {
    status,
    type: 'text/html; charset=utf-8',
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}
<title>${escaped(title)}</title><style>${style}</style></head><body><h1>${escaped(title)}</h1>${body}
<p><small>This is a simulator on this machine, not the real service.</small></p></body></html>`,
    headers: { 'content-security-policy': "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'" },
  }
}

/** One button that posts these fields. */
export function button(action: string, label: string, fields: Readonly<Record<string, string>>): string {
  const hidden = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
  return `<form method="post" action="${escaped(action)}">${hidden.join('')}<button>${escaped(label)}</button></form>`
}

export const seeOther = (location: string): Reply => ({ status: 303, type: 'text/plain', body: '', headers: { location } })
