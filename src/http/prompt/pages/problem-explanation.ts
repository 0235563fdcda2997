import type { Words } from '#words/words.ts'
import { type Html, html } from '../html.ts'
import { defaultWords, document } from '../layout.ts'

export interface ProblemExplanationView {
  readonly code: string
  readonly status: number
  readonly title: string
  /** Paragraphs are parted by an empty line; one whose lines begin with a bar is a table as Markdown writes it. */
  readonly text: string
}

/** What stands at the `type` address of a problem (RFC 9457 §3.1.1): for people who write programs. */
export function problemExplanationPage(view: ProblemExplanationView, words: Words = defaultWords): string {
  const { problem } = words.pages
  const content = html`<h1>${view.title}</h1>
<dl class="facts"><div><dt>${problem.code}</dt><dd><code>${view.code}</code></dd></div><div><dt>${problem.status}</dt><dd><code>${view.status}</code></dd></div></dl>
${view.text.split(/\n\s*\n/).map((part) => paragraph(part.trim()))}`
  return document({ title: view.title, content, words })
}

function paragraph(text: string): Html {
  if (!text.startsWith('|')) return html`<p>${text}</p>`
  const [head = [], , ...rows] = text.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return html`<table class="table"><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(
    (cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>`
}
