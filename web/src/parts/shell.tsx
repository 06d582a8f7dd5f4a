/** The frame around every page: where one can go, what needs attention everywhere, language and appearance. */
import { AppShell, Burger, Group, NavLink, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { useDaemon } from '../daemon.js';
import { Choices } from './choices.js';
import { Offline } from './offline.js';
import { SaidProvider } from './said.js';

/** The pages in the order of the menu. */
const PAGES = [
  { path: '/', text: 'nav.overview' },
  { path: '/services', text: 'nav.services' },
  { path: '/timeline', text: 'nav.timeline' },
  { path: '/savings', text: 'nav.savings' },
  { path: '/sign-in', text: 'nav.sign_in' },
  { path: '/settings', text: 'nav.settings' },
  { path: '/log', text: 'nav.log' },
  { path: '/about', text: 'nav.about' },
] as const;

export function Shell(props: { children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const { isConnected } = useDaemon();
  const [location] = useLocation();
  const [isOpen, menu] = useDisclosure();
  const here = PAGES.find(({ path }) => path === location)?.text ?? 'first_run.title';
  useEffect(() => {
    document.title = `${t(here)} · Cloudnap`;
  }, [t, here]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <button type="button" className="skip" onClick={() => document.getElementById('content')?.focus()}>
        {t('nav.skip')}
      </button>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('nav.menu')}
            />
            <img src="/assets/moon.svg" alt="" width={24} height={24} />
            <Text fw={650}>Cloudnap</Text>
          </Group>
          <Group visibleFrom="sm">
            <Choices />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" component="nav">
        {PAGES.map(({ path, text }) => (
          <NavLink
            key={path}
            component={Link}
            href={path}
            label={t(text)}
            active={location === path}
            aria-current={location === path ? 'page' : undefined}
            onClick={menu.close}
            // Its own colour under the pointer is too near to that of the text.
            style={{ '--nl-hover': 'var(--nl-bg)' } as object}
          />
        ))}
        {/* Where the header has no room for them. */}
        <Group hiddenFrom="sm" p="sm" mt="sm">
          <Choices />
        </Group>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Offline />
        <SaidProvider>
          {/* What is shown of a daemon that is gone may be read, and not acted upon. */}
          <fieldset className="content" disabled={!isConnected} data-stale={!isConnected || undefined}>
            {props.children}
          </fieldset>
        </SaidProvider>
      </AppShell.Main>
    </AppShell>
  );
}
