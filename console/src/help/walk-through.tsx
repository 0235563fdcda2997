import { Button, Group, List, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { walkThroughWords as say } from '#words/en/walk-through.ts'
import { Section } from '../page.tsx'

const scenes = say.scenes
const shownForMs = 4000

/** The scenes below each other in one picture, made out of the real pages by `npm run walk-through`. */
const strip = new URL('../../../docs/walk-through.png', import.meta.url).href

/** The way of a person through all of it, as pictures that follow each other. Everything in them is also said in words. */
export function WalkThrough() {
  const [scene, setScene] = useState(0)
  const [isPlaying, setPlaying] = useState(() => !window.matchMedia('(prefers-reduced-motion: reduce)').matches)
  useEffect(() => {
    if (!isPlaying) return
    const ticker = setInterval(() => setScene((shown) => (shown + 1) % scenes.length), shownForMs)
    return () => clearInterval(ticker)
  }, [isPlaying])
  const go = (by: number) => {
    setPlaying(false)
    setScene((shown) => (shown + by + scenes.length) % scenes.length)
  }
  const Icon = isPlaying ? IconPlayerPause : IconPlayerPlay
  return (
    <Section id="walk-through" title={say.title} what={say.what}>
      <div className="walk">
        {/* The list beside it says the same, so the picture is not said a second time. */}
        <div className="scene" aria-hidden>
          <img src={strip} alt="" loading="lazy" style={{ transform: `translateY(${(-100 * scene) / scenes.length}%)` }} />
        </div>
        <div>
          <Group gap="xs">
            <Button variant="default" leftSection={<Icon size={18} aria-hidden />} onClick={() => setPlaying(!isPlaying)}>
              {isPlaying ? say.pause : say.play}
            </Button>
            <Button variant="default" onClick={() => go(-1)}>
              {say.before}
            </Button>
            <Button variant="default" onClick={() => go(1)}>
              {say.next}
            </Button>
          </Group>
          {/* Said to a screen reader only where the person asked for the step. */}
          <Text size="sm" c="dimmed" mt="sm" role="status" aria-live={isPlaying ? 'off' : 'polite'}>
            {say.place(scene + 1, scenes.length)}
          </Text>
          <List type="ordered" spacing="xs" mt="xs" className="steps">
            {scenes.map((text, index) => (
              <List.Item key={text} {...(index === scene ? { 'aria-current': 'step' as const } : {})}>
                {text}
              </List.Item>
            ))}
          </List>
        </div>
      </div>
    </Section>
  )
}
