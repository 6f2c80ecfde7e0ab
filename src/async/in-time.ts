/** Returns the result of `work`. Throws the error of `late` when it takes longer; then the later result is dropped. */
export async function inTime<T>(
  work: Promise<T>,
  { milliseconds, late }: { readonly milliseconds: number; readonly late: () => Error },
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
