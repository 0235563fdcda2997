/** Authenticator apps that the dialogs link to, where their makers publish them. */
export const apps = [
  {
    name: 'Google Authenticator',
    appStore: 'https://apps.apple.com/app/google-authenticator/id388497605',
    playStore: 'https://play.google.com/store/apps/details?id=com.google.android.apps.authenticator2',
  },
  {
    name: 'Microsoft Authenticator',
    appStore: 'https://apps.apple.com/app/microsoft-authenticator/id983156458',
    playStore: 'https://play.google.com/store/apps/details?id=com.azure.authenticator',
  },
  {
    name: 'Duo Mobile',
    appStore: 'https://apps.apple.com/app/duo-mobile/id422663827',
    playStore: 'https://play.google.com/store/apps/details?id=com.duosecurity.duomobile',
  },
] as const
