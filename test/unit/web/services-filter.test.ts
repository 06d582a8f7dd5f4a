/** What the page of services shows of the account. */
import { expect, it } from 'vitest';
import { registrationOf } from '../../../web/src/registration.js';
import { isMeant, NO_WISH, type Shown, type Wish } from '../../../web/src/services-filter.js';

const api: Shown = {
  service_type: 'EC2',
  region: 'eu-west-1',
  instance_id: 'i-0a',
  target: 'ec2:eu-west-1:i-0a',
  name: 'Dev API',
  state: 'running',
  power: 'on',
  registered: true,
};
const jobs: Shown = {
  service_type: 'ECS',
  region: 'us-east-1',
  cluster_name: 'dev',
  service_name: 'jobs',
  target: 'ecs:us-east-1:dev:jobs',
  state: 'ACTIVE',
  power: 'off',
  registered: false,
};

it.each([
  [{}, [api, jobs]],
  [{ words: 'dev api' }, [api]],
  [{ words: 'DEV' }, [api, jobs]],
  [{ words: 'nothing' }, []],
  [{ kind: 'ECS' }, [jobs]],
  [{ region: 'eu-west-1' }, [api]],
  [{ registered: 'yes' }, [api]],
  [{ registered: 'no' }, [jobs]],
  [{ state: 'up' }, [api]],
  [{ state: 'down' }, [jobs]],
  [{ state: 'changing' }, []],
  [{ kind: 'EC2', region: 'us-east-1' }, []],
] as const)('%j', (wish: Partial<Wish>, shown) => {
  expect([api, jobs].filter((service) => isMeant(service, { ...NO_WISH, ...wish }))).toEqual(shown);
});

it('what Cloudnap does with it counts for more than what AWS calls it', () => {
  const asleep: Shown = { ...api, power: 'off', phase: 'napped' };
  const coming: Shown = { ...api, power: 'off', phase: 'restoring' };
  expect(isMeant(asleep, { ...NO_WISH, state: 'down' })).toBe(true);
  expect(isMeant(coming, { ...NO_WISH, state: 'changing' })).toBe(true);
});

it('a service is registered by the name that people call it, unless another bears it too', () => {
  const asked = { service_type: 'EC2', region: 'eu-west-1', instance_id: 'i-0a' };
  expect(registrationOf(api, [api, jobs])).toEqual({ ...asked, name: 'Dev API' });
  expect(registrationOf(api, [api, { ...jobs, name: 'Dev API' }])).toEqual(asked);
  expect(registrationOf({ ...api, name: 'EC2:x' }, [api])).toEqual(asked);
});
