import { Alert, Button, Group, MultiSelect, NumberInput, Stack, Switch } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/min'
import { type FormEvent, useState } from 'react'
import type { SendingRules, SendingRulesChange } from '#contract/gateways.ts'
import { words } from '#words/en/console.ts'
import { gatewayWords } from '#words/en/gateways.ts'
import { useChange } from '../changes.tsx'
import { Section } from '../page.tsx'
import { useWho } from '../who.tsx'

const say = gatewayWords.limits
const names = new Intl.DisplayNames('en', { type: 'region' })
const countries = getCountries()
  .map((value) => ({ value: value as string, label: `${names.of(value) ?? value} (+${getCountryCallingCode(value)})` }))
  .sort((one, other) => one.label.localeCompare(other.label, 'en'))

/** How many texts and calls are sent in a day, and to which countries. */
export function SendingLimits({ rules }: { readonly rules: SendingRules }) {
  const { organization } = useWho()
  const { run, isBusy } = useChange()
  const kind = organization.kind
  const [chosen, setChosen] = useState<readonly string[]>(rules.countries ?? (kind === 'provider' ? rules.inForce.countries : []))
  const [daily, setDaily] = useState(rules.dailyMost)
  const [siteDaily, setSiteDaily] = useState(rules.siteDailyMost)
  const [sites, setSites] = useState(rules.sitesBringGateways)
  const isUntouched = rules.countries === null && chosen.length === rules.inForce.countries.length
  const save = async (event: FormEvent) => {
    event.preventDefault()
    // A site that chooses none allows what the provider does. For the provider, none is none, unless the setting of the server holds.
    const listed = kind === 'site' ? (chosen.length === 0 ? null : [...chosen]) : isUntouched ? null : [...chosen]
    const body: SendingRulesChange = {
      version: rules.version,
      countries: listed,
      dailyMost: daily,
      siteDailyMost: siteDaily,
      sitesBringGateways: sites,
    }
    await run({ method: 'PUT', path: `/organizations/${organization.id}/sending-rules`, body, says: say.says, done: words.saved })
  }
  const figure = (label: string, value: number | null, most: number, change: (value: number | null) => void) => (
    <NumberInput
      label={label}
      description={say.dailyWhat(most)}
      value={value ?? ''}
      min={0}
      max={100_000}
      clampBehavior="blur"
      allowDecimal={false}
      allowNegative={false}
      onChange={(typed) => change(typeof typed === 'number' ? typed : null)}
      maw={360}
    />
  )
  return (
    <Section id="sending-limits" title={say.title} what={say.what}>
      <form onSubmit={save} noValidate>
        <Stack gap="lg" mt="md">
          <MultiSelect
            label={say.countries}
            description={say.countriesWhat[kind]}
            placeholder={chosen.length === 0 ? say.countriesSearch : undefined}
            data={
              kind === 'site'
                ? countries.filter(({ value }) => chosen.includes(value) || rules.inForce.countries.includes(value))
                : countries
            }
            value={[...chosen]}
            onChange={setChosen}
            searchable
            hidePickedOptions
            maxDropdownHeight={260}
          />
          {rules.inForce.countries.length === 0 && (
            <Alert color="orange" icon={<IconAlertTriangle aria-hidden />}>
              {say.countriesNone}
            </Alert>
          )}
          {figure(say.daily[kind], daily, kind === 'provider' ? 1000 : rules.inForce.siteDailyMost, setDaily)}
          {kind === 'provider' && figure(say.siteDaily, siteDaily, 300, setSiteDaily)}
          {kind === 'provider' && (
            <Switch
              label={say.sites}
              description={say.sitesWhat}
              checked={sites}
              onChange={(event) => setSites(event.currentTarget.checked)}
            />
          )}
          <Group>
            <Button type="submit" loading={isBusy}>
              {words.update}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}
