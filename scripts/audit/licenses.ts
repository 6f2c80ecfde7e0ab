/**
 * Licenses that may be in the executable: each lets it be given away under the license of this project. A license that is not here is
 * a question for a person.
 */
export const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
])

/** Licenses that tools of the development may have besides: nothing of them is in the executable. */
const allowedInTools: ReadonlySet<string> = new Set(['MPL-2.0', 'PostgreSQL'])

export interface LicensedPackage {
  readonly name: string
  /** An SPDX expression, as package.json has it. */
  readonly license: string
  readonly isTool: boolean
}

/** One line for each package whose license is not allowed. */
export function findUnlicensed(packages: readonly LicensedPackage[]): string[] {
  return packages
    .filter(({ license, isTool }) => !isAllowed(license, isTool))
    .map(
      ({ name, license }) =>
        `${name} has the license '${license}', which is not in scripts/audit/licenses.ts`,
    )
}

/** An expression of alternatives needs one allowed license; one of several together needs all. */
function isAllowed(expression: string, isTool: boolean): boolean {
  const isOne = (id: string) => allowed.has(id) || (isTool && allowedInTools.has(id))
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((together) => together.split(' AND ').every((id) => isOne(id.trim())))
}

/** How many packages have each license, the most frequent first. */
export function countLicenses(packages: readonly LicensedPackage[]): string {
  const counts = Map.groupBy(packages, ({ license }) => license)
  return [...counts]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([license, { length }]) => `${license} ${length}`)
    .join(', ')
}
