import { Anchor } from '@mantine/core'

/** A contact is whatever the operator wrote: a mail address, a web address, or something to read. */
export function Contact({ contact }: { readonly contact: string }) {
  const isMail = /^[^\s@:/?&]+@[^\s@:/?&]+$/.test(contact)
  if (!isMail && !/^https?:\/\//i.test(contact)) return contact
  return (
    <Anchor href={isMail ? `mailto:${contact}` : contact} className="target">
      {contact}
    </Anchor>
  )
}
