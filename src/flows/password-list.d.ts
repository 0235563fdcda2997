declare module '@zxcvbn-ts/language-common/dist/passwords.json.mjs' {
  const list: readonly string[]
  // biome-ignore lint/style/noDefaultExport: the package exports its list so
  export default list
}
