/** Characters of a text that is kept. */
const longest = 400

/** The longest text that is searched, because a sender chooses a part of it. */
const longestSearched = 2000

const emailAddress = /[^\s@<>"',;:()]{1,64}@[^\s@<>"',;:()]{1,255}/g
const token = /\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}|\bgd[a-z]{1,2}_[\w-]{8,}/g

/** The text of a finding as it is kept: cut, and without what looks like an e-mail address, a token or a secret. */
export function tidyText(text: string): string {
  const searched = text.slice(0, longestSearched)
  // Nearly no text has either, and looking for a few characters takes a tenth of the time.
  const mayHaveToken = searched.includes('eyJ') || searched.includes('gd')
  const shown = mayHaveToken ? searched.replace(token, '(a token or secret)') : searched
  const clean = shown.includes('@') ? shown.replace(emailAddress, '(an e-mail address)') : shown
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}
