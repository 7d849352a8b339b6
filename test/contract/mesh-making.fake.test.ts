import { openFake } from './fake-cluster.ts'
import { meshMakingContract } from './mesh-making.ts'

meshMakingContract('in memory', async () => {
  const { fake, ...subject } = openFake()
  return { ...subject, making: fake.making }
})
