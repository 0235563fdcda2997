/** A QR code as SVG. What draws it is loaded with the first one: nobody signs in with it. */
export async function qrCode(text: string): Promise<string> {
  const { toString: draw } = await import('qrcode')
  return draw(text, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 })
}
