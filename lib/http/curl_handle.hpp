// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include "base/c_handle.hpp"

namespace http {

using EasyHandle = base::CHandle<CURL, curl_easy_cleanup>;
using MultiHandle = base::CHandle<CURLM, curl_multi_cleanup>;
using HeaderList = base::CHandle<curl_slist, curl_slist_free_all>;

}  // namespace http
