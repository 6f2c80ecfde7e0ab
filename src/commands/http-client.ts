/** What a person does about a request that got no answer, in one line. */
export function explainUnreachable(url: string, cause: unknown): string {
  const { origin } = new URL(url)
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return `Cannot reach ${origin}: no answer in time`
  return `Cannot reach ${origin}: is grantd running there? Start it, or name another server with --url URL`
}
