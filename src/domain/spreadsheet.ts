/**
 * One line of CSV (RFC 4180). Spreadsheets run a cell as a formula that begins with one of = + - @ or a control character, also
 * behind spaces and quotes and in full width: such a cell gets an apostrophe in front, which they show as text.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => `"${(isFormula.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`).join(',')}\r\n`
}

const isFormula = /^[\s"'\u200b\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]/u

/** Tells spreadsheets that the file is UTF-8. */
export const byteOrderMark = '\ufeff'
