/** The start of the page. */
import '@mantine/core/styles.css';
import './page.css';
import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { createQueries } from './daemon.js';
import { takeAdmission } from './session.js';
import { startTexts } from './text/index.js';

const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK KR", sans-serif',
  respectReducedMotion: true,
});

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
const admission = takeAdmission();
// What keeps the page still behind a dialogue makes a style element too.
setNonce(admission.nonce);
await startTexts();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => admission.nonce}>
      <QueryClientProvider client={createQueries()}>
        <App admission={admission} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
