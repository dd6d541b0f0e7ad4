/**
 * Endings of Korean words in a sentence: particles, and forms of the verb "to be" that are attached to a noun. Longest first.
 *
 * source: National Institute of Korean Language, "Standard Korean Language Dictionary", entries of the class 조사
 */
const PARTICLES = (
  '에서부터 으로부터 이라고는 에게서는 입니다만 ' +
  '에서는 에서도 에서의 으로는 으로도 으로써 으로서 에게서 에게는 이라는 이라고 입니다 까지는 까지도 부터는 한테서 로부터 이지만 이었다 ' +
  '에서 에게 에는 에도 에만 으로 로서 로써 로는 로도 까지 부터 보다 처럼 만큼 마다 조차 마저 밖에 이나 이란 이며 이고 라는 ' +
  '라고 이다 인데 한테 께서 와의 과의 와는 과는 하고 이랑 ' +
  '은 는 이 가 을 를 의 에 로 와 과 도 만 나 란 랑 께'
).split(' ');

/** A word without the particle at its end; unchanged if it has none or is nothing but a particle. */
export function withoutParticle(word: string): string {
  const particle = PARTICLES.find((one) => one.length < word.length && word.endsWith(one));
  return particle === undefined ? word : word.slice(0, -particle.length);
}
