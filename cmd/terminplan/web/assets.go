package web

import "github.com/gin-gonic/gin"

// assets serves the files of package static. They contain no personal data, so they need no
// session.
func (s *Server) assets(e *gin.Engine) {
	files := gin.WrapH(s.files)
	e.GET("/static/*path", files)
	e.HEAD("/static/*path", files)
}
