import type { FastifyRequest } from 'fastify'
import type { PageLook } from '#flows/look.ts'
import type { Words } from '#words/words.ts'
import { csrfField, lead, submit } from '../form.ts'
import { html } from '../html.ts'
import { defaultWords, document, icons } from '../layout.ts'
import { frameOf, type PromptOptions, wordsOf } from '../page.ts'
import { messagePage } from './message.ts'

export interface OpenPromptView {
  readonly csrf: string
  readonly token: string
  /** Who asks, and for which organization. */
  readonly name: string
  readonly organization: string
  readonly reason?: string | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

/** What somebody sees who opens the address of a prompt, before anything is asked. */
export function openPromptPage(view: OpenPromptView, words: Words = defaultWords): string {
  const { open, reason } = words.secondFactor
  const content = html`<h1>${open.title}</h1>
${lead(open.lead(view.name, view.organization))}
${view.reason !== undefined && html`<p class="quiet words">${reason(view.reason)}</p>`}
<div class="advice" role="note">${icons.warning}<div><p>${open.warning}</p></div></div>
<form method="post" action="/prompts">${csrfField(view.csrf)}<input type="hidden" name="token" value="${view.token}">${submit(open.button)}</form>`
  return document({ ...view, title: open.title, content, words })
}

/** Why nobody is asked anything: the person cannot put it right, so the page is for whoever runs the portal as well. */
export async function refusedForPortal(options: PromptOptions, request: FastifyRequest, reason: string): Promise<string> {
  const words = wordsOf(request)
  return messagePage({ ...words.secondFactor.refused(reason), ...(await frameOf(options, request)) }, words)
}
