/** The help about passkeys and security keys, for the people who use them. */
export const passkeyHelpWords = {
  title: 'Passkeys and security keys',
  what: 'A passkey is a key that your phone, your computer or a security key keeps for this site. You unlock it with your fingerprint, your face or a PIN, and no code is typed. It works at this address only, so a page that just looks like this one gets nothing from you. Your fingerprint and your face never leave the device.',
  parts: [
    {
      id: 'passkey-on-a-phone',
      title: 'On a phone or tablet',
      steps: [
        'Open this site in the browser of the phone and sign in. In User Settings choose "Add a passkey".',
        'Choose "Create passkey", then confirm with Face ID, Touch ID, your fingerprint or the code of the phone. It is kept by iCloud Keychain, Google Password Manager or the password manager that you have chosen.',
        'To use it on a computer: choose "Use passkey" there, then the phone or the QR code that the browser offers. Scan the code with the camera of the phone. Bluetooth must be on at both, because they have to be near each other.',
      ],
    },
    {
      id: 'passkey-on-a-computer',
      title: 'On a computer',
      steps: [
        'In User Settings choose "Add a passkey", then "Create passkey".',
        'Windows: confirm with Windows Hello, which is your face, your fingerprint or the PIN of the computer. Mac: confirm with Touch ID or the password of the Mac.',
        'If you are asked where to keep it: what is kept on this computer alone works only there. What a password manager keeps works on all your devices.',
      ],
    },
    {
      id: 'security-key',
      title: 'With a security key, such as a YubiKey',
      steps: [
        'In User Settings choose "Add a passkey", then "Create passkey". When the browser asks where to keep it, choose "Security key" or "Another device".',
        'Plug the key in, or hold it to the back of the phone. If it has no PIN yet, the browser has you choose one.',
        'Touch the key when it blinks. Give it a name that tells it from others, such as "Blue key".',
      ],
    },
    {
      id: 'several-passkeys',
      title: 'Have two of them',
      steps: [
        'Set up a second one right away: "Add another passkey" in User Settings. A phone and a computer, or two security keys, are good pairs.',
        'Keep the second one in another place. Each of them lets you in by itself.',
        'Names tell them apart, and User Settings shows when each was last used. Rename or remove one there; the last one stays where your organization requires it.',
      ],
    },
    {
      id: 'lost-passkey',
      title: 'Lost a passkey',
      steps: [
        'Sign in with another one, or choose "Use another way" if your organization allows others. Then remove the lost one in User Settings and set up a new one.',
        'Nothing else left? Give your password, choose "Passkey lost?" and "Ask an administrator". They make sure that it is you and send you a one-time pass, with which you set up a new passkey.',
        'Where your organization takes nothing but passkeys, no code and no mail helps, so that nobody else gets in by them. A second administrator has to approve the pass, and one of them tells you its last group by phone or in person. Have a working phone number with them, and expect that it takes a while.',
      ],
    },
  ],
} as const
