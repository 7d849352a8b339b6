import { openFake } from './fake-cluster.ts'
import { meshContract } from './mesh.ts'

meshContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  return { ...subject, mesh: fake.ports.mesh }
})
