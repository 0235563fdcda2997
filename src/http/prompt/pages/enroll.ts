import type { RequiredBy } from '#contract/sign-in.ts'
import type { PageLook } from '#flows/look.ts'
import type { PageProblem } from '#words/problem.ts'
import type { Words } from '#words/words.ts'
import { because, cancelForm, csrfField, field, lead, progress, submit } from '../form.ts'
import { address, html, trustedMarkup } from '../html.ts'
import { defaultWords, document } from '../layout.ts'
import { otherMethods } from '../ways.ts'
import { withoutDuo } from './duo.ts'

export interface EnrollView {
  readonly csrf: string
  /** Base32, without spaces. */
  readonly key: string
  /** An `<svg>` drawn on the server; the only part of any page that is not escaped. */
  readonly qrSvg: string
  /** The `otpauth:` address, for whoever reads this on the phone that has the app. */
  readonly uri?: string | undefined
  /** Name of the app to mark as recommended; any other than the three listed is put in front of them. */
  readonly recommendedApp: string
  /** Methods that may be set up instead. */
  readonly kinds?: readonly string[] | undefined
  readonly organization?: string | undefined
  readonly requiredBy?: RequiredBy | undefined
  /** Organizations whose Duo is not for this person. */
  readonly withoutDuo?: readonly string[] | undefined
  readonly problem?: PageProblem | undefined
  readonly canCancel: boolean
  /** One more app may be told apart from those there are: what was typed as its name so far. Without it nothing is asked. */
  readonly label?: string | undefined
  /** Part of setting up the whole installation: shows how far it is. */
  readonly isSetUp?: boolean | undefined
  readonly support?: string | undefined
  readonly look?: PageLook | undefined
}

interface App {
  readonly name: string
  readonly appStore: string
  readonly googlePlay: string
}

const apps: readonly App[] = [
  {
    name: 'Google Authenticator',
    appStore: 'https://apps.apple.com/app/google-authenticator/id388497605',
    googlePlay: 'https://play.google.com/store/apps/details?id=com.google.android.apps.authenticator2',
  },
  {
    name: 'Microsoft Authenticator',
    appStore: 'https://apps.apple.com/app/microsoft-authenticator/id983156458',
    googlePlay: 'https://play.google.com/store/apps/details?id=com.azure.authenticator',
  },
  {
    name: 'Duo Mobile',
    appStore: 'https://apps.apple.com/app/duo-mobile/id422663827',
    googlePlay: 'https://play.google.com/store/apps/details?id=com.duosecurity.duomobile',
  },
]

function withRecommendedFirst(recommended: string): readonly (Pick<App, 'name'> & Partial<App>)[] {
  const isIt = ({ name }: Pick<App, 'name'>) => name.toLowerCase() === recommended.trim().toLowerCase()
  const first = apps.find(isIt) ?? (recommended.trim() ? { name: recommended.trim() } : undefined)
  return first ? [first, ...apps.filter((app) => app !== first)] : apps
}

export function enrollPage(view: EnrollView, words: Words = defaultWords): string {
  const { pages } = words
  const { csrf, key, uri, recommendedApp } = view
  const { enroll } = pages
  const problem = view.problem && pages.explain(view.problem)
  const store = (app: string, href: string | undefined, name: string) =>
    href && html`<a href="${href}" target="_blank" rel="noopener noreferrer"><span class="unseen">${enroll.on(app)} </span>${name}</a>`
  const content = html`${view.isSetUp && progress(2, words)}<h1>${enroll.title}</h1>
${lead(enroll.lead, problem, problem?.field === undefined)}
${because(view.requiredBy, words)}
${withoutDuo(view.withoutDuo, words)}
${(view.kinds ?? []).length > 1 && html`<p class="quiet"><a href="#others">${words.sentCodes.enroll.toOthers}</a></p>`}
<ol class="steps">
<li>
<h2>${enroll.install}</h2>
<p>${enroll.installText}</p>
<ul class="apps">${withRecommendedFirst(recommendedApp).map(
    (app, index) => html`
<li><span class="app-name">${app.name}${index === 0 && recommendedApp.trim() && html` <span class="tag">${enroll.recommended}</span>`}</span><span class="stores">${store(app.name, app.appStore, enroll.appStore)}${store(app.name, app.googlePlay, enroll.googlePlay)}</span></li>`,
  )}
</ul>
</li>
<li>
<h2>${enroll.scan}</h2>
<p>${enroll.scanText}</p>
<div class="qr" role="img" aria-label="${enroll.qr}">${trustedMarkup(view.qrSvg)}</div>
${uri && html`<p class="on-phone"><a class="button" href="${address(uri)}">${enroll.onThisPhone}</a></p>`}
<p>${enroll.cannotScan}</p>
<div class="key"><span class="key-label" id="setup-key-label">${enroll.key}</span><output class="key-text" id="setup-key" aria-labelledby="setup-key-label" data-text="${key}">${key.match(/.{1,4}/g)?.join(' ')}</output><button class="button scripted" type="button" data-copy="setup-key" data-done="${pages.copied}" data-failed="${pages.copyFailed}">${pages.copy}</button></div>
</li>
<li>
<h2>${enroll.enter}</h2>
<form method="post" action="/sign-in/answer" data-submit-at-six>${csrfField(csrf)}
${
  view.label !== undefined &&
  field(
    {
      id: 'label',
      label: pages.fields.label,
      autocomplete: 'off',
      value: view.label,
      hint: enroll.labelHint,
      isOptional: true,
      longest: 60,
    },
    words,
  )
}
${field(
  {
    id: 'code',
    label: pages.fields.code,
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    isCode: 'app',
    hint: enroll.hint,
    error: problem?.field === 'code' ? problem.advice : undefined,
    isFocused: problem !== undefined,
    longest: 16,
  },
  words,
)}
${submit(enroll.button)}
</form>
</li>
</ol>
${otherMethods(csrf, view.kinds ?? [], 'totp', words)}
${view.canCancel && cancelForm(csrf, words)}`
  return document({ ...view, title: enroll.title, content, words, hasProblem: problem !== undefined })
}
