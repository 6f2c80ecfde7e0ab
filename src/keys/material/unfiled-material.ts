/**
 * What is the same for every material without files: a key is kept as soon as it is named, and no process can leave a part of one behind.
 */
export abstract class UnfiledMaterial {
  async prepare(): Promise<void> {}

  async settle(): Promise<void> {}

  async settleAll(): Promise<void> {}

  async isKept(): Promise<boolean> {
    return true
  }

  findPath(): undefined {}

  async listOrphans(): Promise<readonly string[]> {
    return []
  }

  async listUnfinished(): Promise<readonly string[]> {
    return []
  }

  async listPlaces(): Promise<readonly string[]> {
    return []
  }

  async listOurs(): Promise<readonly string[]> {
    return []
  }

  async listAll(): Promise<readonly string[]> {
    return []
  }

  async removeOrphans(): Promise<void> {}

  async removePlace(): Promise<void> {}

  async removeIfEmpty(): Promise<void> {}
}
