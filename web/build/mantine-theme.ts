import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core';
import type { Plugin } from 'vite';
import { theme } from '../src/ui/theme.ts';

const id = 'virtual:mantine-theme.css';

/**
 * mantineTheme writes the theme's CSS variables into a style sheet at build
 * time. Mantine would otherwise put a <style> element into the page while it
 * runs, which the page's Content-Security-Policy forbids.
 */
export function mantineTheme(): Plugin {
  return {
    name: 'mantine-theme',
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load: (source) =>
      source === `\0${id}`
        ? convertCssVariables(defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme)), ':root')
        : null,
  };
}
