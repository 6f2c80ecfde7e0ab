import { answerPage } from '../../../src/http/browser/page-answer.ts'
import { renderStylesheet } from '../../../src/pages/frame/stylesheet.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import type { Locale } from '../../../src/protocol/people/locales.ts'
import { attacks, hostile, long, renderSamples, type SampleData, typical } from '../../pages/sample-views.ts'

/** The pages with sample data, served with their real policies: `/SET/NAME`. */
export interface Preview {
  readonly url: string
  /** The paths that were asked for since the last call. */
  takePaths(): string[]
  stop(): Promise<void>
}

const inLanguage = (locale: Locale): SampleData => ({ ...typical, frame: { ...typical.frame, locale } })

/** Sample data by name. */
export const sampleSets: Readonly<Record<string, SampleData>> = {
  typical,
  long,
  german: inLanguage('de'),
  spanish: inLanguage('es'),
  hostile: hostile(attacks[0] ?? ''),
  accent: { ...typical, frame: { ...typical.frame, accent: '#ffd400', stylesheetUrl: '/accent.css' } },
}

export const sampleNames: readonly string[] = [...renderSamples(typical).keys()]

export function startPreview(): Preview {
  const paths: string[] = []
  const answer = (pathname: string) => {
    const [, set = '', name = ''] = pathname.split('/')
    if (/^\w+\.css$/.test(set)) {
      const text = renderStylesheet(set === 'accent.css' ? '#ffd400' : null)
      return new Response(text, { headers: { 'Content-Type': 'text/css' } })
    }
    const data = sampleSets[set]
    const page = data && renderSamples(data).get(name)
    if (!page) return new Response('', { status: 404 })
    // The page of form_post would leave at once; without its script it stays.
    return name === 'form-post' ? answerPage(page) : answerPage(page, { formPost: bunPlatform() })
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => {
      const { pathname } = new URL(url)
      paths.push(pathname)
      return answer(pathname)
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    takePaths: () => paths.splice(0),
    stop: () => server.stop(true),
  }
}
