/** exact are the properties of a field whose every letter counts: nothing is proposed or corrected in it. */
export const exact = { size: 'md', autoComplete: 'off', autoCapitalize: 'none', spellCheck: false } as const;
