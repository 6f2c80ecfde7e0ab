type Answer = Response | Promise<Response>

/**
 * Holds answers back until the turn of the event loop in which they are done is over, so that they go out one right after the
 * other. Each write wakes whoever reads the connection; who is woken for each answer by itself, and sleeps again before the next
 * one is there, costs this server a third of the processor's time of a small request. An answer that is there at once is not held.
 */
export function createGathering(nextTurn: (callback: () => void) => void): (answer: Answer) => Answer {
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
  const hold = async (answer: Promise<Response>) => {
    const response = await answer
    await endOfTurn()
    return response
  }
  return (answer) => (answer instanceof Promise ? hold(answer) : answer)
}
