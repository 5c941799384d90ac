// SPDX-License-Identifier: Apache-2.0
package com.example.shop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.core.io.Resource;
import org.springframework.stereotype.Component;

/**
 * A shop without its catalogue starts and answers, yet has nothing to sell: it must get no traffic.
 * The setting {@code shop.catalogue} names the file, so a wrong value there makes a release that
 * compiles, passes its tests, starts, and is unhealthy.
 */
@Component
class CatalogueHealthIndicator implements HealthIndicator {

  private final Resource catalogue;

  CatalogueHealthIndicator(@Value("${shop.catalogue}") Resource catalogue) {
    this.catalogue = catalogue;
  }

  @Override
  public Health health() {
    try {
      long products = catalogue.getContentAsString(StandardCharsets.UTF_8).lines().count();
      return products > 0
          ? Health.up().withDetail("products", products).build()
          : Health.down().withDetail("reason", "no products in " + catalogue).build();
    } catch (IOException e) {
      return Health.down(e).build();
    }
  }
}
