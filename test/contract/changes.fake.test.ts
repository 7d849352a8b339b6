import { changesContract } from './changes.ts'
import { openFake } from './fake-cluster.ts'

changesContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  return { ...subject, changes: fake.ports.changes }
})
