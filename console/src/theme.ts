import { Alert, Button, Card, Checkbox, type CSSVariablesResolver, createTheme, Input, Menu, Modal, Radio, Switch } from '@mantine/core'
import { words } from '#words/en/console.ts'
import { focusOpener } from './opener.ts'

export const theme = createTheme({
  defaultRadius: 8,
  fontFamily: 'var(--cs-font)',
  fontFamilyMonospace: 'var(--cs-mono)',
  headings: { fontWeight: '600' },
  fontWeights: { regular: '400', medium: '600', bold: '600' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    // Most stand on the page from the beginning; those that appear do so inside a live region.
    Alert: Alert.extend({ defaultProps: { role: 'note' } }),
    Button: Button.extend({ defaultProps: { size: 'md', fz: 'sm' } }),
    Card: Card.extend({ defaultProps: { radius: 12 } }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'md' } }),
    Input: Input.extend({ defaultProps: { size: 'md' } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', withInitialFocusPlaceholder: false, transitionProps: { duration: 0 } } }),
    Modal: Modal.extend({
      // The header of a dialog is not the banner of the page.
      defaultProps: {
        size: 'lg',
        radius: 12,
        closeButtonProps: { 'aria-label': words.close, size: 44, iconSize: 20 },
        attributes: { header: { role: 'none' } },
        returnFocus: false,
        onExitTransitionEnd: focusOpener,
        transitionProps: { duration: 0 },
      },
    }),
    Radio: Radio.extend({ defaultProps: { size: 'md' } }),
    Switch: Switch.extend({ defaultProps: { size: 'lg', withThumbIndicator: false } }),
  },
})

/** A colour with a meaning, out of our tokens, in all the forms in which Mantine asks for it. */
const meaning = (color: string, { filled, hover, soft, text }: Readonly<Record<'filled' | 'hover' | 'soft' | 'text', string>>) => ({
  [`--mantine-color-${color}-filled`]: `var(--cs-${filled})`,
  [`--mantine-color-${color}-filled-hover`]: `var(--cs-${hover})`,
  [`--mantine-color-${color}-light`]: `var(--cs-${soft})`,
  [`--mantine-color-${color}-light-hover`]: `var(--cs-${soft})`,
  [`--mantine-color-${color}-light-color`]: `var(--cs-${text})`,
  [`--mantine-color-${color}-outline`]: `var(--cs-${text})`,
  [`--mantine-color-${color}-outline-hover`]: `var(--cs-${soft})`,
  [`--mantine-color-${color}-text`]: `var(--cs-${text})`,
})

/** The tokens follow the color scheme by themselves, so both schemes name the same ones. */
const colors = {
  '--mantine-color-text': 'var(--cs-ink)',
  '--mantine-color-bright': 'var(--cs-ink)',
  '--mantine-color-body': 'var(--cs-surface)',
  '--mantine-color-dimmed': 'var(--cs-ink-soft)',
  '--mantine-color-placeholder': 'var(--cs-ink-soft)',
  '--mantine-color-anchor': 'var(--cs-link)',
  '--mantine-color-red-6': 'var(--cs-danger)',
  '--mantine-color-error': 'var(--cs-danger)',
  '--mantine-color-default': 'var(--cs-surface)',
  '--mantine-color-default-hover': 'var(--cs-sunken)',
  '--mantine-color-default-color': 'var(--cs-ink)',
  '--mantine-color-default-border': 'var(--cs-line)',
  '--mantine-color-disabled': 'var(--cs-sunken)',
  '--mantine-color-disabled-color': 'var(--cs-ink-soft)',
  '--mantine-color-disabled-border': 'var(--cs-line)',
  ...meaning('blue', { filled: 'accent', hover: 'accent-hover', soft: 'accent-soft', text: 'link' }),
  ...meaning('gray', { filled: 'ink-soft', hover: 'ink', soft: 'sunken', text: 'ink-soft' }),
  ...meaning('red', { filled: 'danger-fill', hover: 'danger-fill-hover', soft: 'danger-soft', text: 'danger' }),
  ...meaning('orange', { filled: 'warning', hover: 'warning', soft: 'warning-soft', text: 'warning' }),
  ...meaning('green', { filled: 'success', hover: 'success', soft: 'success-soft', text: 'success' }),
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...colors,
    '--mantine-color-gray-0': 'var(--cs-sunken)',
    '--mantine-color-gray-1': 'var(--cs-sunken)',
    '--mantine-color-gray-2': 'var(--cs-line)',
    '--mantine-color-gray-3': 'var(--cs-line)',
    '--mantine-color-gray-4': 'var(--cs-line-strong)',
    '--mantine-color-gray-6': 'var(--cs-ink-soft)',
    '--mantine-color-gray-7': 'var(--cs-ink-soft)',
  },
  dark: {
    ...colors,
    '--mantine-color-dark-0': 'var(--cs-ink)',
    '--mantine-color-dark-1': 'var(--cs-ink-soft)',
    '--mantine-color-dark-2': 'var(--cs-ink-soft)',
    '--mantine-color-dark-3': 'var(--cs-line-strong)',
    '--mantine-color-dark-4': 'var(--cs-line)',
    '--mantine-color-dark-5': 'var(--cs-sunken)',
    '--mantine-color-dark-6': 'var(--cs-surface)',
    '--mantine-color-dark-7': 'var(--cs-surface)',
    '--mantine-color-dark-8': 'var(--cs-ground)',
  },
})
