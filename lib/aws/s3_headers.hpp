// SPDX-License-Identifier: Apache-2.0
//
// What single and multipart requests say in the same headers; not for other modules.
#pragma once

#include <string_view>

#include "aws/s3.hpp"
#include "aws/xml.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

namespace aws {

http::Headers headers_of(const ObjectSettings& settings);
StoredObject stored_object(const http::Headers& headers);

// The XML of a 2xx answer; one that cannot be read was cut short or came from something in between:
// unavailable, since a rerun may help.
xml::Element answered_document(std::string_view operation, const http::Response& response);

// An answer without an ETag is none of S3.
base::Error no_etag(std::string_view operation, const ObjectName& name);

}  // namespace aws
