import './styles';
import { MantineProvider } from '@mantine/core';
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type MoreWords, startText } from '../text';
import { theme } from './theme';

/**
 * show draws a page into #root; words are those that only this page has. The theme's variables come from a built
 * style sheet, see build/mantine-theme.ts.
 */
export function show(page: ReactNode, words?: MoreWords): void {
  startText(words);
  const root = document.getElementById('root');
  if (!root) throw new Error('page has no #root');
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        {page}
      </MantineProvider>
    </StrictMode>,
  );
}
