import { CloseButton, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'

interface SearchFieldProps {
  readonly value: string
  readonly onType: (value: string) => void
  readonly placeholder: string
  readonly clear: string
  /** Stands above the field, or is said for it. */
  readonly label: string
  readonly isLabelShown?: boolean
}

/** The field that a list is searched with. */
export function SearchField({ value, onType, placeholder, clear, label, isLabelShown = false }: SearchFieldProps) {
  return (
    <TextInput
      type="search"
      {...(isLabelShown ? { label } : { 'aria-label': label, className: 'search' })}
      placeholder={placeholder}
      value={value}
      maxLength={200}
      onChange={(event) => onType(event.currentTarget.value)}
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSection={value !== '' && <CloseButton size={44} aria-label={clear} onClick={() => onType('')} />}
    />
  )
}
