/** What `work` comes to, or the error of `late` when that takes longer; what comes after it nobody sees. */
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
