import type { Words } from '#words/words.ts'
import { html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface ProblemExplanationView {
  readonly code: string
  readonly status: number
  readonly title: string
  /** Paragraphs are parted by an empty line. */
  readonly text: string
}

/** What stands at the `type` address of a problem (RFC 9457 §3.1.1): for people who write programs. */
export function problemExplanationPage(view: ProblemExplanationView, words: Words = defaultWords): string {
  const { problem } = words.pages
  const content = html`<h1>${view.title}</h1>
<dl class="facts"><div><dt>${problem.code}</dt><dd><code>${view.code}</code></dd></div><div><dt>${problem.status}</dt><dd><code>${view.status}</code></dd></div></dl>
${view.text.split(/\n\s*\n/).map((paragraph) => html`<p>${paragraph.trim()}</p>`)}`
  return document({ title: view.title, content, words })
}
