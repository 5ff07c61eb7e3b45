(body (block (identifier) @_m . (string_lit (template_literal) @owner) . (string_lit (template_literal) @name)) @resource)
(body (block (identifier) @_m . (string_lit (template_literal) @name) .  (block_start)) @block (#set! except "dynamic provisioner"))
(config_file (body (block (identifier) @_m . (block_start) (body (attribute (identifier) @name) @field)) (#set! words "locals")))
(comment) @comment
