/** The whole loop against an AWS that is not ours: moto, filled and read back by plain clients of the AWS SDK. */

import { isDeepStrictEqual } from 'node:util';
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS } from '@aws-sdk/client-ecs';
import { EKS } from '@aws-sdk/client-eks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { World } from '../contracts/driver-world.js';
import { motoIsThere, startMoto } from '../contracts/moto.js';
import { desktopSkipped, startXServer, type XServer } from '../desktop/xserver.js';
import { Program, until } from './program.js';
import { told } from './scene.js';

const REGION = 'ap-northeast-2';

/** Everything that a nap changes, as AWS tells it. */
interface Standing {
  readonly instance: string | undefined;
  readonly service: number | undefined;
  readonly scalable: unknown;
  readonly group: unknown;
}

describe.skipIf(!motoIsThere || desktopSkipped)(
  'moto (needs Python, Xvfb and `node scripts/setup-moto.mjs`)',
  () => {
    let moto: Awaited<ReturnType<typeof startMoto>>;
    let world: World;
    let x: XServer;
    let program: Program;

    beforeAll(async () => {
      [moto, x] = await Promise.all([startMoto(), startXServer()]);
      world = await moto.backend.open({
        account: '123456789012',
        regions: {
          [REGION]: {
            instances: [{ id: 'i-0', name: 'api' }],
            ecsClusters: [
              {
                name: 'dev',
                services: [
                  {
                    name: 'orders',
                    desired: 2,
                    scalable: { min: 1, max: 4, suspended: { scheduledScaling: true } },
                  },
                  { name: 'plain', desired: 2 },
                ],
              },
            ],
            eksClusters: [{ name: 'k8s', nodegroups: [{ name: 'workers', min: 1, desired: 2, max: 4 }] }],
          },
        },
      });
      program = await Program.prepare({
        endpoint: world.endpoint,
        env: {
          DISPLAY: x.display,
          AWS_ACCESS_KEY_ID: world.keys.accessKeyId,
          AWS_SECRET_ACCESS_KEY: world.keys.secretAccessKey,
        },
        settings: { aws: { regions: [REGION] } },
      });
    });

    afterAll(async () => {
      await program?.dispose();
      await world?.close();
      await Promise.all([moto?.stop(), x?.stop()]);
    });

    async function standing(): Promise<Standing> {
      const config = { region: REGION, endpoint: world.endpoint, credentials: world.keys };
      const [ec2, ecs, scaling, eks] = [
        new EC2(config),
        new ECS(config),
        new ApplicationAutoScaling(config),
        new EKS(config),
      ];
      try {
        const [instances, services, targets, group] = await Promise.all([
          ec2.describeInstances({ InstanceIds: [world.instance('api')] }),
          ecs.describeServices({ cluster: 'dev', services: ['orders'] }),
          scaling.describeScalableTargets({ ServiceNamespace: 'ecs', ResourceIds: ['service/dev/orders'] }),
          eks.describeNodegroup({ clusterName: 'k8s', nodegroupName: 'workers' }),
        ]);
        const [target] = targets.ScalableTargets ?? [];
        return {
          instance: instances.Reservations?.[0]?.Instances?.[0]?.State?.Name,
          service: services.services?.[0]?.desiredCount,
          scalable: target && {
            min: target.MinCapacity,
            max: target.MaxCapacity,
            suspended: target.SuspendedState,
          },
          group: group.nodegroup?.scalingConfig,
        };
      } finally {
        for (const client of [ec2, ecs, scaling, eks]) client.destroy();
      }
    }

    it('naps when nobody is there, and a key brings everything back exactly', async () => {
      const before = await standing();
      await program.start();
      for (const request of [
        `REGISTER_EC2:${world.instance('api')}:${REGION}`,
        `REGISTER_ECS:dev:orders:${REGION}`,
        `REGISTER_EKS:k8s:workers:${REGION}`,
      ])
        expect(await program.udp(request, 5_000)).toMatch(/^OK REGISTER_/);
      await until('everything naps', async () => {
        const now = await standing();
        return (
          now.instance === 'stopped' &&
          now.service === 0 &&
          isDeepStrictEqual(now.group, { minSize: 0, desiredSize: 0, maxSize: 4 })
        );
      });
      expect((await standing()).scalable).toEqual({
        min: 0,
        max: 4,
        suspended: {
          DynamicScalingInSuspended: true,
          DynamicScalingOutSuspended: true,
          ScheduledScalingSuspended: true,
        },
      });
      expect(told(program, 'is put to nap')).toBe(3);
      await until(
        'everything is back exactly',
        async () => (await x.xdotool('key', 'shift')) === '' && isDeepStrictEqual(await standing(), before),
      );
      await until(
        'nothing is owed',
        async () =>
          (await x.xdotool('key', 'shift')) === '' && (await program.udp('STATUS')).includes('napping\t0\n'),
      );
    });

    it('lists what is there in every form', async () => {
      expect(await program.udp('LIST_EC2', 5_000)).toContain(`${world.instance('api')}\t${REGION}\t`);
      expect(await program.udp('LIST_ECS', 5_000)).toMatch(
        /\ndev\t-\t.*\n(dev\torders\t.*\tyes\ndev\tplain\t.*\tno|dev\tplain\t.*\tno\ndev\torders\t.*\tyes)$/,
      );
      expect(await program.udp('LIST_EKS', 5_000)).toMatch(
        /\nk8s\tworkers\tap-northeast-2\tACTIVE\t\d\t\d\t4\tyes$/,
      );
    });
  },
);
