type Answer = Response | Promise<Response>

/**
 * Takes the requests of one turn of the event loop in before the first of them is worked on, and gives the answers that are done in
 * one turn out together. One request at a time from its first byte to its last would cost nearly twice as much of the processor: each
 * part finds the caches full of the others, and each answer by itself wakes whoever reads it, who sleeps again before the next
 * one is there.
 */
export function createBatches(
  nextTurn: (callback: () => void) => void,
): (work: () => Answer) => Promise<Response> {
  let end: Promise<void> | undefined
  const endOfTurn = () => {
    end ??= new Promise((resolve) => {
      nextTurn(() => {
        end = undefined
        resolve()
      })
    })
    return end
  }
  return async (work) => {
    await endOfTurn()
    const answer = work()
    if (!(answer instanceof Promise)) return answer
    const response = await answer
    await endOfTurn()
    return response
  }
}
