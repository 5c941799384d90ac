// SPDX-License-Identifier: Apache-2.0
package com.example.shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;

class CatalogueHealthIndicatorTest {

  private static Status statusWith(Resource catalogue) {
    return new CatalogueHealthIndicator(catalogue).health().getStatus();
  }

  @Test
  void isUpWhenTheCatalogueHasProducts() {
    assertEquals(Status.UP, statusWith(new ClassPathResource("catalogue.txt")));
  }

  @Test
  void isDownWhenTheCatalogueIsMissing() {
    assertEquals(Status.DOWN, statusWith(new ClassPathResource("no-such-catalogue.txt")));
  }
}
