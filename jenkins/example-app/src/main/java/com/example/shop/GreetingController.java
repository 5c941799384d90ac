// SPDX-License-Identifier: Apache-2.0
package com.example.shop;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
class GreetingController {

  static final String GREETING = "Welcome to the shop";

  @GetMapping("/")
  String greeting() {
    return GREETING + "\n";
  }
}
