import { Select, SimpleGrid, TextInput } from '@mantine/core'
import { type CountryCode, getCountries, getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { words } from '#words/en/console.ts'

const say = words.phone
const names = new Intl.DisplayNames('en', { type: 'region' })

/** Every country by its name, with its calling code; both are searched. */
const countries = getCountries()
  .map((value) => ({ value, label: `${names.of(value) ?? value} (+${getCountryCallingCode(value)})` }))
  .sort((one, other) => one.label.localeCompare(other.label, 'en'))

/** A phone number as people type it: the country, and the number as it is dialed there. */
export interface TypedPhone {
  readonly country: CountryCode | null
  readonly number: string
}

/** A stored number (E.164) for the two fields; without one, the country that the browser's language speaks of. */
export function typedPhone(stored: string | undefined): TypedPhone {
  const known = stored === undefined ? undefined : parsePhoneNumberFromString(stored)
  if (known) return { country: known.country ?? null, number: known.country ? known.formatNational() : known.number }
  const region = new Intl.Locale(navigator.language).region
  return { country: getCountries().find((one) => one === region) ?? null, number: '' }
}

/** The number with its plus and country code, or undefined where it cannot be one. A plus in the number outweighs the country. */
export function phoneOf({ country, number }: TypedPhone): string | undefined {
  const parsed = parsePhoneNumberFromString(number, country ? { defaultCountry: country, extract: false } : { extract: false })
  return parsed?.isPossible() ? parsed.number : undefined
}

interface PhoneFieldProps {
  readonly value: TypedPhone
  readonly onChange: (value: TypedPhone) => void
  readonly error: string | undefined
}

export function PhoneField({ value, onChange, error }: PhoneFieldProps) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
      <Select
        label={say.country}
        data={countries}
        value={value.country}
        onChange={(country) => onChange({ ...value, country: country as CountryCode | null })}
        searchable
        allowDeselect={false}
        nothingFoundMessage={say.noCountry}
        maxDropdownHeight={280}
        autoComplete="off"
      />
      <TextInput
        label={say.number}
        type="tel"
        inputMode="tel"
        autoComplete="tel-national"
        value={value.number}
        onChange={(event) => onChange({ ...value, number: event.currentTarget.value })}
        error={error}
        maxLength={40}
      />
    </SimpleGrid>
  )
}
